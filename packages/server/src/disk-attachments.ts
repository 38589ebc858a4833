export { diskAttachments, type DiskAttachmentsOptions } from './attachments/disk-attachments.ts'
