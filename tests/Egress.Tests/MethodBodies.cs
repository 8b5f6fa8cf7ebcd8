using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Partner.Egress.Tests;

/// <summary>A method as it was compiled, and what it calls. What a lambda in it does counts as its type's.</summary>
internal sealed record CompiledMethod(string Type, string Name, IReadOnlySet<string> Calls);

/// <summary>Reads which methods a method calls out of its instructions (ECMA-335, partition III).</summary>
internal static class MethodBodies
{
    private static readonly Dictionary<ushort, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value);

    public static IReadOnlyList<CompiledMethod> In(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        return
        [
            .. from handle in reader.MethodDefinitions
            let method = reader.GetMethodDefinition(handle)
            where method.RelativeVirtualAddress != 0
            let body = file.GetMethodBody(method.RelativeVirtualAddress)
            select new CompiledMethod(
                TypeName(reader, method.GetDeclaringType()),
                reader.GetString(method.Name),
                Called(reader, body.GetILReader()).ToHashSet()
            ),
        ];
    }

    private static IEnumerable<string> Called(MetadataReader reader, BlobReader code)
    {
        var called = new List<string>();
        while (code.RemainingBytes > 0)
        {
            var first = code.ReadByte();
            var operation = OpCodesByValue[first == 0xFE ? (ushort)(0xFE00 | code.ReadByte()) : first];
            if (operation.OperandType == OperandType.InlineMethod)
            {
                called.Add(MethodName(reader, MetadataTokens.EntityHandle(code.ReadInt32())));
            }
            else
            {
                var size = SizeOf(operation.OperandType, ref code);
                code.Offset += size;
            }
        }

        return called;
    }

    private static int SizeOf(OperandType operand, ref BlobReader code) =>
        operand switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 * code.ReadInt32(),
            _ => 4,
        };

    private static string MethodName(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodSpecification:
                return MethodName(reader, reader.GetMethodSpecification((MethodSpecificationHandle)handle).Method);
            case HandleKind.MethodDefinition:
                var method = reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                return $"{TypeName(reader, method.GetDeclaringType())}.{reader.GetString(method.Name)}";
            default:
                var member = reader.GetMemberReference((MemberReferenceHandle)handle);
                return $"{TypeName(reader, member.Parent)}.{reader.GetString(member.Name)}";
        }
    }

    // A nested type, as those of lambdas and state machines are, goes by the name of the outermost.
    private static string TypeName(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeReference)
        {
            return reader.GetString(reader.GetTypeReference((TypeReferenceHandle)handle).Name);
        }

        if (handle.Kind != HandleKind.TypeDefinition)
        {
            return "";
        }

        var type = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? TypeName(reader, outer)
            : reader.GetString(type.Name);
    }
}
