/// What llama.cpp may leave in the file.
extension ModelShape {
    /// - Parameter beyond: tensors of layers that are none.
    mutating func addEstimates(_ header: GGUFHeader, beyond: Int) {
        let predicting = header.integer("\(architecture).nextn_predict_layers") ?? 0
        unusedLayers = predicting > 0 ? min(predicting, blockCount) : nil
        hasUnusedTensors = beyond > 0 || predicting > 0 ? true : nil
        if beyond > 0 {
            estimates.append("\(beyond) tensors of layers beyond block_count are not counted")
        }
        if predicting > 0 {
            estimates.append(
                "the layers for multi-token prediction are counted although llama.cpp may not "
                    + "load them: a bound")
        }
    }
}
