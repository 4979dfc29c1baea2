import Foundation
import Testing

@testable import Basics

/// The table of the documentation and the numbers of the code are the same.
@Suite struct BoundsTests {
    private static let bounds = [
        "bannerBytes": Bounds.bannerBytes, "answerBytes": Bounds.answerBytes,
        "answerLines": Bounds.answerLines, "programBytes": Bounds.programBytes,
        "hostEntries": Bounds.hostEntries, "manifestBytes": Bounds.manifestBytes,
        "errorLines": Bounds.errorLines, "hostsAtOnce": Bounds.hostsAtOnce,
        "lineBytes": Bounds.lineBytes,
        "lastWords": Bounds.lastWords, "lastWordBytes": Bounds.lastWordBytes,
        "serverAnswerBytes": Bounds.serverAnswerBytes,
        "serverAnswerValues": Bounds.serverAnswerValues,
        "probeHeaderBytes": Bounds.probeHeaderBytes, "benchLines": Bounds.benchLines,
        "measuredDevices": Bounds.measuredDevices, "deviceListBytes": Bounds.deviceListBytes,
        "weightLines": Bounds.weightLines,
        "waitingLogBytes": Bounds.waitingLogBytes, "loadLogBytes": Bounds.loadLogBytes,
        "headerBytes": Bounds.headerBytes,
        "headerPieceBytes": Bounds.headerPieceBytes, "headerKeys": Bounds.headerKeys,
        "headerKeptBytes": Bounds.headerKeptBytes, "modelTensors": Bounds.modelTensors,
        "shardManifestBytes": Bounds.shardManifestBytes,
        "shardManifestLineBytes": Bounds.shardManifestLineBytes,
        "shardManifestValues": Bounds.shardManifestValues,
        "skeletonBytes": Bounds.skeletonBytes,
        "modelParts": Bounds.modelParts, "configurationBytes": Bounds.configurationBytes,
        "sourceAddressBytes": Bounds.sourceAddressBytes,
        "sourceHeadBytes": Bounds.sourceHeadBytes, "sourceHeadLines": Bounds.sourceHeadLines,
        "sourcePieceBytes": Bounds.sourcePieceBytes,
        "sourceWaitSeconds": Bounds.sourceWaitSeconds,
        "sourceWaitsSeconds": Bounds.sourceWaitsSeconds,
        "configurationValues": Bounds.configurationValues,
        "configurationProblems": Bounds.configurationProblems, "factsBytes": Bounds.factsBytes,
        "keyFileBytes": Bounds.keyFileBytes, "keyBytes": Bounds.keyBytes,
        "historyLineBytes": Bounds.historyLineBytes, "reloadBytes": Bounds.reloadBytes,
        "numbersBytes": Bounds.numbersBytes,
        "notifyAddressBytes": Bounds.notifyAddressBytes,
        "controlRequestBytes": Bounds.controlRequestBytes,
        "controlAnswerBytes": Bounds.controlAnswerBytes,
        "requestHeadBytes": Bounds.requestHeadBytes,
        "dashboardStreams": Bounds.dashboardStreams,
        "dashboardClients": Bounds.dashboardClients,
        "waitingAnswerBytes": Bounds.waitingAnswerBytes,
    ]

    private static func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// `| an answer | `answerBytes` | 2 MiB | … |`.
    @Test func theTableSaysWhatTheCodeDoes() throws {
        var table: [String: Int] = [:]
        let page = try Self.text("Sources/sollol/sollol.docc/Bounds.md")
        for row in page.matches(of: /\| `(\w+)` \| (\d+) ?(KiB|MiB|TiB)? \|/) {
            let shift = row.3.map { ["KiB": 10, "MiB": 20, "TiB": 40][$0] ?? 0 } ?? 0
            table[String(row.1)] = (Int(row.2) ?? 0) << shift
        }
        #expect(table == Self.bounds)
    }

    @Test func noBoundIsForgotten() throws {
        let source = try Self.text("Sources/Basics/Bounds.swift")
        let names = source.matches(of: /static let (\w+)/).map { String($0.1) }
        #expect(Set(names) == Set(Self.bounds.keys))
    }
}
