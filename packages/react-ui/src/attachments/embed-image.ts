import type { Upload } from './attachment.ts'

/** From this size on an image is made smaller, in bytes; ten of them fit into a prompt. */
const smallBytes = 70_000
/** The longest side of an image that was made smaller, in pixels: what models look at. */
const longestSide = 1_568
const quality = 0.85

/** The formats of photos and screenshots. Others would lose what they are: moving, or sharp at each size. */
const shrinkable = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic']

/** The same image in fewer bytes, or the file itself if it is small, or is not smaller that way. */
export async function shrinkImage(file: File): Promise<File> {
  if (file.size <= smallBytes || !shrinkable.includes(file.type)) return file
  let image: ImageBitmap
  try {
    image = await createImageBitmap(file)
  } catch {
    // Not what it says it is, or a format that only other programs know: it stays as it is.
    return file
  }
  const scale = Math.min(1, longestSide / Math.max(image.width, image.height))
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  )
  const drawing = canvas.getContext('2d')
  if (!drawing) return file
  // JPEG has no transparency: it would be black.
  drawing.fillStyle = 'white'
  drawing.fillRect(0, 0, canvas.width, canvas.height)
  drawing.drawImage(image, 0, 0, canvas.width, canvas.height)
  image.close()
  const type = 'image/jpeg'
  const smaller = await canvas.convertToBlob({ type, quality })
  if (smaller.size >= file.size) return file
  return new File([smaller], file.name.replace(/(\.\w+)?$/, '.jpg'), { type })
}

/** Puts a file into the prompt itself, as a data URL. */
export const embedFile: Upload = async (file, { signal }) => {
  const reader = new FileReader()
  const url = await new Promise<string>((resolve, reject) => {
    reader.addEventListener('load', () => {
      if (typeof reader.result === 'string') resolve(reader.result)
    })
    reader.addEventListener('error', () =>
      reject(new Error(`${file.name} could not be read.`, { cause: reader.error })),
    )
    signal.addEventListener('abort', () => reader.abort())
    reader.addEventListener('abort', () => reject(new Error('Removed', { cause: signal.reason })))
    reader.readAsDataURL(file)
  })
  return { url, mediaType: file.type, filename: file.name }
}
