// Stands in the bundle for a package that nothing here calls: see scripts/bundle.mjs.
export default {};
