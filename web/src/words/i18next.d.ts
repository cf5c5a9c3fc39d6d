import 'i18next'
import type account from './en/account.json'
import type admin from './en/admin.json'
import type classify from './en/classify.json'
import type common from './en/common.json'
import type gallery from './en/gallery.json'
import type history from './en/history.json'
import type jobs from './en/jobs.json'
import type learn from './en/learn.json'
import type models from './en/models.json'
import type play from './en/play.json'
import type programs from './en/programs.json'
import type result from './en/result.json'
import type review from './en/review.json'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: {
      account: typeof account
      admin: typeof admin
      classify: typeof classify
      common: typeof common
      gallery: typeof gallery
      history: typeof history
      jobs: typeof jobs
      learn: typeof learn
      models: typeof models
      play: typeof play
      programs: typeof programs
      result: typeof result
      review: typeof review
    }
  }
}
