/**
 * What the store needs of a meter: the part of `Meter` of `@opentelemetry/api` that it calls, so
 * that the package is not needed where nothing is measured.
 */
export interface StoreMeter {
  createHistogram(name: string, options: InstrumentOptions): { record(value: number): void }
  createObservableCounter(name: string, options: InstrumentOptions): Observable
  createObservableGauge(name: string, options: InstrumentOptions): Observable
}

interface InstrumentOptions {
  description: string
  /** In the notation of UCUM, as OpenTelemetry asks. */
  unit: string
}

interface Observable {
  addCallback(callback: ObservableCallback): void
  removeCallback(callback: ObservableCallback): void
}

export type ObservableCallback = (result: {
  observe(value: number, attributes?: Record<string, string>): void
}) => void
