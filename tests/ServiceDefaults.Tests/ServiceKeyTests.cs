using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Partner.Testing;

namespace Partner.ServiceDefaults.Tests;

/// <summary>A service with a key that is none does not start, and says which it is, and nothing of it.</summary>
public sealed class ServiceKeyTests
{
    public static TheoryData<string, string> WrongKeys =>
        new()
        {
            { "ServiceTokens:PrivateKey", "c2hvcnQ=" },
            { "ServiceTokens:PrivateKey", "no base64 at all" },
            { "ServiceTokens:PrivateKey", PublicKey(ECCurve.NamedCurves.nistP256) },
            { "ServiceTokens:PrivateKey", PrivateKey(ECCurve.NamedCurves.nistP384) },
            { "ServiceTokens:Callers:caller:PublicKey", "c2hvcnQ=" },
            { "ServiceTokens:Callers:caller:PublicKey", "" },
            { "ServiceTokens:Callers:caller:PublicKey", PrivateKey(ECCurve.NamedCurves.nistP256) },
            { "ServiceTokens:Callers:caller:PublicKey", PublicKey(ECCurve.NamedCurves.nistP384) },
            { "ServiceTokens:Callers:caller:PublicKey", " " },
            { "ServiceTokens:Callers:caller:PublicKey", $"{PublicKey(ECCurve.NamedCurves.nistP256)} c2hvcnQ=" },
        };

    [Theory]
    [MemberData(nameof(WrongKeys), DisableDiscoveryEnumeration = true)]
    public async Task AWrongKeyStopsTheStart(string setting, string value)
    {
        await using var host = new ServiceHost("Production", (setting, value));
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(async () => await host.InitializeAsync());
        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.True(string.IsNullOrWhiteSpace(value) || !refused.Message.Contains(value, StringComparison.Ordinal));
    }

    /// <summary>A change of a caller's pair, as docs/operations.md has its steps: no callee refuses either pair meanwhile.</summary>
    [Theory]
    [InlineData(" ")]
    [InlineData("\n")]
    [Trait("security", "44")]
    public async Task BothPairsOfACallerAreTakenUntilTheOldOneIsGone(string between)
    {
        const string setting = "ServiceTokens:Callers:caller:PublicKey";
        using var older = new ServiceIdentity("caller");
        using var newer = new ServiceIdentity("caller");
        using var strangers = new ServiceIdentity("caller");

        var both = $"{newer.PublicKey}{between}{older.PublicKey}\n";
        Assert.Equal("200, 200, 401", await AnswersAsync((setting, both)));
        Assert.Equal("401, 200, 401", await AnswersAsync((setting, newer.PublicKey)));

        async Task<string> AnswersAsync((string, string) keys)
        {
            await using var host = new ServiceHost("Production", keys);
            await host.InitializeAsync();
            var answers = new List<int>();
            foreach (var pair in new[] { older, newer, strangers })
            {
                answers.Add((await host.SendAsync("/read", pair.TokenAt(host.Time, "callee"))).Status);
            }

            return string.Join(", ", answers);
        }
    }

    private static string PrivateKey(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return Convert.ToBase64String(key.ExportPkcs8PrivateKey());
    }

    private static string PublicKey(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }
}
