import Basics
import Configuration

extension LaunchPlan {
    /// Why a context is longer than what the model has learned; nil where it is not, where that is
    /// not known, or where somebody has said how positions are stretched.
    package var contextWarning: Complaint? {
        guard let request = placement?.request, let trained = request.shape.trainedContext,
            trained > 0, request.context.cells > trained,
            process(.coordinator)?.argv.contains(where: Self.stretches) != true
        else { return nil }
        return Complaint(
            "a request may have \(request.context.cells) tokens, but the model was trained "
                + "for \(trained): answers become worse beyond that, and memory is kept for it",
            remedy: "Set \(ConfigurationKey.coordinator(.contextSize)) to at most "
                + "\(trained * (request.context.isUnified ? 1 : request.context.slots))")
    }

    /// A flag by which positions beyond those are read as others.
    private static func stretches(_ word: String) -> Bool {
        word.hasPrefix("--rope-") || word.hasPrefix("--yarn-")
    }

    /// What people should know of it before it runs, in lines that begin with whom it is about.
    package var warnings: [String] {
        exposures.map(\.description)
            + [contextWarning, shardComplaint].compactMap(\.self).map {
                $0.about("\(Node.coordinator)").text
            }
    }
}
