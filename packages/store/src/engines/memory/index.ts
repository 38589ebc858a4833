export { memory, type MemoryFactory } from './memory.ts'
