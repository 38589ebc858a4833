// The types of oRPC, on which ours stand, import these of @opentelemetry/api, an optional peer. A
// pattern counts only where nothing else is found: who has the package installed has its types, and
// who has not can compile with `skipLibCheck: false` all the same.
declare module '@opentelemetry/api*' {
  export interface Tracer {}
  export interface TraceAPI {}
  export interface ContextAPI {}
  export interface PropagationAPI {}
  export interface SpanOptions {}
  export interface Context {}
  export interface Span {}
  export type AttributeValue = unknown
  export type Exception = unknown
}
