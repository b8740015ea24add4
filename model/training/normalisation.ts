/** ImageNet's statistics, which encoders trained on it expect; other networks do as well with these as with any. */
export const NORMALISATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
