using System.Security.Cryptography;

namespace Partner.Egress.Tests;

/// <summary>
/// Where secrets, their hashes and their MACs are compared, it takes the same time for every wrong one. That cannot be
/// measured in a test; which comparison was compiled can be read.
/// </summary>
[Trait("security", "38")]
public sealed class ConstantTimeTests
{
    private const string FixedTime =
        $"{nameof(CryptographicOperations)}.{nameof(CryptographicOperations.FixedTimeEquals)}";
    private const string SameHash = "OpaqueTokens.SameHash";

    // What stops at the first difference. A span's equality has no name of its own in the instructions.
    private static readonly string[] Hasty =
    [
        "String.op_Equality",
        "String.op_Inequality",
        "String.Equals",
        "String.Compare",
        "String.CompareOrdinal",
        "MemoryExtensions.SequenceEqual",
        "MemoryExtensions.Equals",
        "Enumerable.SequenceEqual",
    ];

    // What gives a secret, or what proves the knowledge of one.
    private static readonly string[] Secrets =
    [
        "Secret.Reveal",
        "OpaqueTokens.Hash",
        "HMACSHA256.HashData",
        "IncrementalHash.GetHashAndReset",
        "AuditChain.Mac",
        "AuditChain.HeadMac",
    ];

    // They compare something else beside it: a record's name, a token's site.
    private static readonly string[] Innocent = ["AuditReader.Judge", "RefreshTokenText.For"];

    [Theory]
    [InlineData("Contracts", "Secret", "Equals", FixedTime)]
    [InlineData("Auth", "OpaqueTokens", "SameHash", FixedTime)]
    [InlineData("Auth", "FormToken", "IsValid", FixedTime)]
    [InlineData("Auth", "CallbackRequest", "StateFits", SameHash)]
    [InlineData("Auth", "ReturnLinks", "", SameHash)]
    [InlineData("Auth", "IdempotentAnswerStore", "", SameHash)]
    [InlineData("Gateway", "PartnerCredentials", "Find", FixedTime)]
    [InlineData("CredentialVault", "AuditReader", "Judge", FixedTime)]
    [InlineData("CredentialVault", "AuditChain", "EndsAt", FixedTime)]
    public void ASecretIsComparedInConstantTime(string assembly, string type, string method, string comparison)
    {
        var found = MethodBodies
            .In(BuiltServices.PathOf(assembly))
            .Where(m => m.Type == type && m.Name.Contains(method, StringComparison.Ordinal))
            .ToList();

        Assert.Contains(found, m => m.Calls.Contains(comparison));
        Assert.All(found.Where(m => method.Length > 0 && !IsInnocent(m)), m => Assert.Empty(m.Calls.Intersect(Hasty)));
    }

    [Fact]
    public void NothingThatHasASecretInHandComparesHastily() =>
        Assert.Equal(
            [],
            from assembly in BuiltServices.Assemblies
            from method in MethodBodies.In(BuiltServices.PathOf(assembly))
            where method.Calls.Overlaps(Secrets) && method.Calls.Overlaps(Hasty) && !IsInnocent(method)
            select $"{assembly}: {method.Type}.{method.Name}"
        );

    [Fact]
    public void AHastyComparisonIsFound()
    {
        var method = MethodBodies
            .In(typeof(ConstantTimeTests).Assembly.Location)
            .Single(m => m.Name == nameof(ComparesHastily));

        Assert.Superset(
            new HashSet<string> { "HMACSHA256.HashData", "MemoryExtensions.SequenceEqual", "String.op_Equality" },
            method.Calls.ToHashSet()
        );
        Assert.True(ComparesHastily([1], "a", "a"));
    }

    private static bool IsInnocent(CompiledMethod method) => Innocent.Contains($"{method.Type}.{method.Name}");

    private static bool ComparesHastily(byte[] key, string a, string b) =>
        a == b && HMACSHA256.HashData(key, key).AsSpan().SequenceEqual(HMACSHA256.HashData(key, key));
}
