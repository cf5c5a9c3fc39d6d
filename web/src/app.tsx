import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy } from 'react'
import { BrowserRouter, Route, Routes } from 'react-router'
import { ApiError } from './api/client'
import { Shell } from './layout/Shell'
import { HandProvider } from './lib/hand'
import { Home } from './pages/Home'
import { NotFound } from './pages/NotFound'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Without a network they fail, and the page says so; they would wait in silence.
      networkMode: 'always',
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // Only what may get better by itself is asked for again.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.offline || error.status === 503),
    },
    mutations: { networkMode: 'always' },
  },
})

const Account = lazy(() => import('./pages/Account'))
const Admin = lazy(() => import('./pages/Admin'))
const Classify = lazy(() => import('./pages/Classify'))
const Exhibit = lazy(() => import('./pages/Exhibit'))
const ForgotPassword = lazy(() => import('./pages/ForgotPassword'))
const Gallery = lazy(() => import('./pages/Gallery'))
const History = lazy(() => import('./pages/History'))
const Job = lazy(() => import('./pages/Job'))
const Learn = lazy(() => import('./pages/Learn'))
const LearnFork = lazy(() => import('./pages/LearnFork'))
const LearnGlossary = lazy(() => import('./pages/LearnGlossary'))
const LearnPage = lazy(() => import('./pages/LearnPage'))
const LearnTree = lazy(() => import('./pages/LearnTree'))
const Models = lazy(() => import('./pages/Models'))
const NewPassword = lazy(() => import('./pages/NewPassword'))
const Play = lazy(() => import('./pages/Play'))
const Programs = lazy(() => import('./pages/Programs'))
const Result = lazy(() => import('./pages/Result'))
const Review = lazy(() => import('./pages/Review'))
const SignIn = lazy(() => import('./pages/SignIn'))

/** The whole site. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <HandProvider>
        <BrowserRouter>
          <Pages />
        </BrowserRouter>
      </HandProvider>
    </QueryClientProvider>
  )
}

function Pages() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route path="/" element={<Home />} />
        <Route path="/classify" element={<Classify />} />
        <Route path="/r/:id" element={<Result />} />
        <Route path="/jobs/:id" element={<Job />} />
        <Route path="/learn" element={<Learn />} />
        <Route path="/learn/fork" element={<LearnFork />} />
        <Route path="/learn/tree" element={<LearnTree />} />
        <Route path="/learn/glossary" element={<LearnGlossary />} />
        <Route path="/learn/:id" element={<LearnPage />} />
        <Route path="/gallery" element={<Gallery />} />
        <Route path="/gallery/:id" element={<Exhibit />} />
        <Route path="/play" element={<Play />} />
        <Route path="/models" element={<Models />} />
        <Route path="/programs" element={<Programs />} />
        <Route path="/history" element={<History />} />
        <Route path="/account" element={<Account />} />
        <Route path="/sign-in" element={<SignIn />} />
        <Route path="/forgot-password" element={<ForgotPassword />} />
        <Route path="/new-password" element={<NewPassword />} />
        <Route path="/review" element={<Review />} />
        <Route path="/admin" element={<Admin />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  )
}
