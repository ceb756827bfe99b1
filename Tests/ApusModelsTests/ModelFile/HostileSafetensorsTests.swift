import ApusNumerics
import Testing

@testable import ApusModels

@Suite struct HostileSafetensorsTests {
  @Test(arguments: HostileFiles.all) func isAnError(file: HostileFile) {
    let error = #expect(throws: ApusError.self) { try FileBytes.decodeTensors(file.bytes) }
    guard case .malformedFile? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func harmlessOddities() throws {
    let spaces = FileBytes.safetensors(
      "{ \"a\" : { \"shape\" : [ ] ,\t\"data_offsets\":[0,4],\"dtype\":\"F32\" } }\n ",
      data: [0, 0, 128, 63])
    #expect(try FileBytes.decodeTensors(spaces).tensors["a"]?.elements(as: Float.self) == [1])
    let unaligned = FileBytes.safetensors(
      HostileFiles.entries(("a", "U8", [3], 0, 3), ("b", "F64", [1], 3, 11)),
      data: [1, 2, 3, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    #expect(try FileBytes.decodeTensors(unaligned).tensors["b"]?.elements(as: Double.self) == [1])
    let reversed = FileBytes.safetensors(
      HostileFiles.entries(("b", "U8", [1], 1, 2), ("a", "U8", [1], 0, 1)), data: [5, 6])
    #expect(try FileBytes.decodeTensors(reversed).tensors["b"]?.elements(as: UInt8.self) == [6])
    let empties = FileBytes.safetensors(
      HostileFiles.entries(("a", "F32", [0], 0, 0), ("b", "U8", [1], 0, 1), ("c", "U8", [0, 7], 1, 1)), data: [9])
    #expect(try FileBytes.decodeTensors(empties).tensors.count == 3)
    #expect(try FileBytes.decodeTensors(FileBytes.safetensors("{}")).tensors.isEmpty)
  }

  @Test func messagesStayShort() {
    let name = String(repeating: "\\u0000🦅", count: 300)
    let file = FileBytes.safetensors(
      "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", data: [0, 0, 0, 0])
    let error = #expect(throws: ApusError.self) { try FileBytes.decodeTensors(file) }
    #expect((error?.description.utf8.count ?? 0) < 600)
    #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 } == false)
  }
}
