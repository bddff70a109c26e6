import { z } from 'zod';

const ATTRIBUTE_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/** Of an item or a user, as filters spell it. */
export const attributeName = z
  .string()
  .regex(ATTRIBUTE_NAME, 'must be a letter or _, then letters, digits or _, 64 at most: filters name it');

/** Of an event, a head, a surface, an experiment … */
export const name = z
  .string()
  .regex(NAME, 'must be a lower-case letter, then lower-case letters, digits, - or _, 64 at most');
