export { agUi, type AgUiOptions } from './adapters/ag-ui/ag-ui.ts'
export { fromAgUi, type FromAgUiOptions } from './adapters/ag-ui/from-ag-ui.ts'
