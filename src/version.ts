/**
 * The version of package.json, which `npm run check` compares. A constant: in a bundle some other package.json lies where
 * ours would be.
 */
export const version = "0.1.0";
