export { agUi, type AgUiOptions } from './ag-ui/ag-ui.ts'
export { fromAgUi, type FromAgUiOptions } from './ag-ui/from-ag-ui.ts'
