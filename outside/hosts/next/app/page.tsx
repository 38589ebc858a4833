export default function Page() {
  return <main>A page beside the chat.</main>
}
