import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { kubernetes } from './kubernetes.ts'
import type { Shape } from './shape.ts'

/** The platforms whose tokens we can make. A new one is a file, a line here, and its name in the registry's schema. */
export const shapes = [gitlab, github, kubernetes] as const satisfies readonly Shape[]

export type ShapeName = (typeof shapes)[number]['name']

export function shapeNamed(name: ShapeName): Shape {
  return shapes.find((each) => each.name === name)!
}
