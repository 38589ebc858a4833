export { useActivity } from './react/use-activity.ts'
export { useMessage } from './react/use-message.ts'
export { useSession } from './react/use-session.ts'
export { useView } from './react/use-view.ts'
