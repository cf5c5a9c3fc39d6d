import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterEach, beforeAll } from 'vitest'
import { setUpWords } from './words'

beforeAll(setUpWords)
afterEach(cleanup)
