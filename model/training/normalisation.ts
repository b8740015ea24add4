/** The statistics of ImageNet's pictures, which encoders trained on it expect; as good as any other for the rest. */
export const NORMALISATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
