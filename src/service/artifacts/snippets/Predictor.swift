// Runs model.mlpackage on a picture: add the package to an Xcode project, or compile it with
//   xcrun coremlcompiler compile model.mlpackage .
// How a picture becomes the input stands in metadata.json under "preprocessing".
import CoreML
import Vision

struct Predictor {
    private let model: VNCoreMLModel

    init(compiledModel url: URL) throws {
        model = try VNCoreMLModel(for: MLModel(contentsOf: url))
    }

    /// What the model says of a picture: classes, boxes or raw arrays, by what it is.
    func predict(_ picture: CGImage) throws -> [VNObservation] {
        let request = VNCoreMLRequest(model: model)
        request.imageCropAndScaleOption = .scaleFit
        try VNImageRequestHandler(cgImage: picture).perform([request])
        return request.results ?? []
    }
}
