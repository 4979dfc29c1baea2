import Testing

@testable import Facts
@testable import Model
@testable import Samples
@testable import Supervision

@Suite struct WantedClusterTests {
    /// The per cent of a load: of all parts, whatever they are called.
    @Test func theSizeOfASplitModelIsThatOfAllParts() throws {
        var facts = SampleSpecs.localFacts
        let shape = SampleSpecs.shape(layers: 24)
        let whole = Int(shape.tensorBytes + shape.headerBytes)
        for path in ["/m/a-00001-of-00003.gguf", "/m/one-of-mine.gguf"] {
            facts.hosts[.here]?.models[SampleSpecs.model]?.path = path
            facts.hosts[.here]?.models[SampleSpecs.model]?.stamp.size = 1000
            #expect(facts.modelBytes(of: SampleSpecs.local) == whole)
        }
        facts.hosts[.here]?.models[SampleSpecs.model]?.stamp.size = Int64(whole + 32)
        #expect(facts.modelBytes(of: SampleSpecs.local) == whole + 32)
    }
}
