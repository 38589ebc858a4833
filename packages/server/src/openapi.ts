export { openApi, type OpenApiOptions, type SecurityScheme } from './openapi/open-api.ts'
