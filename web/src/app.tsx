import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { BrowserRouter, Route, Routes } from 'react-router'
import { ApiError } from './api/client'
import { Shell } from './layout/Shell'
import { HandProvider } from './lib/hand'
import { later } from './lib/later'
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

const Account = later(() => import('./pages/Account'))
const Admin = later(() => import('./pages/Admin'))
const Classify = later(() => import('./pages/Classify'))
const Exhibit = later(() => import('./pages/Exhibit'))
const ForgotPassword = later(() => import('./pages/ForgotPassword'))
const Gallery = later(() => import('./pages/Gallery'))
const History = later(() => import('./pages/History'))
const Job = later(() => import('./pages/Job'))
const Learn = later(() => import('./pages/Learn'))
const LearnFork = later(() => import('./pages/LearnFork'))
const LearnGlossary = later(() => import('./pages/LearnGlossary'))
const LearnPage = later(() => import('./pages/LearnPage'))
const LearnTree = later(() => import('./pages/LearnTree'))
const Models = later(() => import('./pages/Models'))
const NewPassword = later(() => import('./pages/NewPassword'))
const Play = later(() => import('./pages/Play'))
const Programs = later(() => import('./pages/Programs'))
const Result = later(() => import('./pages/Result'))
const Review = later(() => import('./pages/Review'))
const SignIn = later(() => import('./pages/SignIn'))

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
