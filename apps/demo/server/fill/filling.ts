/** How far the filling of an empty database is: prompts answered, `done`, or `failed`. */
export type Filling = { done: number; total: number } | 'done' | 'failed'
