import type { ChatSchemas } from '@caughtup/schema'
import * as z from 'zod'

export const chatSchemas = {
  principal: z.object({ id: z.string(), tenant: z.string() }),
  sessionMetadata: z.object({ project: z.string(), labels: z.array(z.string()).default([]) }),
  messageMetadata: z.object({ mood: z.string().optional() }),
  data: { progress: z.object({ percent: z.number() }) },
  tools: {
    weather: {
      inputSchema: z.object({ city: z.string() }),
      outputSchema: z.object({ degrees: z.number() }),
    },
    askPlace: {
      inputSchema: z.object({ why: z.string() }),
      outputSchema: z.object({ place: z.string() }),
    },
  },
} satisfies ChatSchemas

declare module '@caughtup/schema' {
  interface Register {
    schemas: typeof chatSchemas
  }
}
