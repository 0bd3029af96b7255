// The page's elements.
import { paint } from './pictures.mjs';

/** The element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A button that shows an image above a caption. */
export function tile(image, caption, onclick) {
  const canvas = element('canvas');
  paint(canvas, image);
  return element('button', { type: 'button', onclick }, canvas, element('span', { textContent: caption }));
}

/** A whole number from an input; throws unless it is within the input's limits. */
export function whole(input, name) {
  const number = Number(input.value);
  const [min, max] = [input.min || -Number.MAX_SAFE_INTEGER, input.max || Number.MAX_SAFE_INTEGER].map(Number);
  if (input.value === '' || !Number.isSafeInteger(number) || number < min || number > max) {
    throw new Error(`${name}: expected a whole number from ${min} to ${max}, found '${input.value}'`);
  }
  return number;
}
