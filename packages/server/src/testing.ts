export { createTestClient, type TestClient, type TestClientOptions } from './test-client.ts'
