using System.Security.Cryptography;
using Microsoft.Extensions.Options;

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
        };

    [Theory]
    [MemberData(nameof(WrongKeys), DisableDiscoveryEnumeration = true)]
    public async Task AWrongKeyStopsTheStart(string setting, string value)
    {
        await using var host = new ServiceHost("Production", (setting, value));
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(async () => await host.InitializeAsync());
        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.True(value.Length == 0 || !refused.Message.Contains(value, StringComparison.Ordinal));
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
