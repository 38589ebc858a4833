export { openApi, type OpenApiOptions, type SecurityScheme } from './adapters/openapi/open-api.ts'
