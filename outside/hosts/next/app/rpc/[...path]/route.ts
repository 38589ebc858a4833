import { answer } from '../../chat-server.ts'

export const POST = answer
export const GET = answer // for /rpc/health
export const OPTIONS = answer
