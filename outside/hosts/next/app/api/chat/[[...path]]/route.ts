import { answer } from '../../../chat-server.ts'

export const POST = answer // a prompt
export const GET = answer // what a page resumes
export const DELETE = answer // stop
