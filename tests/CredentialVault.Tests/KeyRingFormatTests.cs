using Microsoft.Extensions.DependencyInjection;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Tests;

public sealed class KeyRingFormatTests
{
    private static readonly string Key1 = VaultApp.NewKey();
    private static readonly string Key2 = VaultApp.NewKey();

    [Fact]
    public void ARingIsReadAsItIsWritten()
    {
        var (ring, mistakes) = KeyRing.Read(
            new()
            {
                Current = 2,
                Keys = new()
                {
                    ["1"] = Key1,
                    ["2"] = Key2,
                    ["3"] = VaultApp.NewKey(),
                },
                Retired = [1],
            }
        );

        Assert.Empty(mistakes);
        Assert.Equal("current 2, usable 2 3, retired 1", ring!.ToString());
        Assert.Null(ring.Find(1));
        Assert.Equal(Key2, Convert.ToBase64String(ring.Find(2)!));
    }

    public static TheoryData<int, string, string, int[], string> BadRings =>
        new()
        {
            { 0, "1", Key1, [], "KeyRing: Current is 0, which is not a usable version." },
            { 2, "1", Key1, [], "KeyRing: Current is 2, which is not a usable version." },
            { 1, "1", Key1, [1], "KeyRing: Current is 1, which is not a usable version." },
            { 1, "1", "short", [], "KeyRing: key 1 is not 256 bits in base64, or no random ones." },
            { 1, "1", Key1[..20], [], "KeyRing: key 1 is not 256 bits in base64, or no random ones." },
            {
                1,
                "1",
                Convert.ToBase64String(new byte[32]),
                [],
                "KeyRing: key 1 is not 256 bits in base64, or no random ones."
            },
            { 1, "1", Key2 + "AAAA", [], "KeyRing: key 1 is not 256 bits in base64, or no random ones." },
            { 1, "one", Key1, [], "KeyRing: a key's version is a positive number, 'one' is not." },
            { 1, "-1", Key1, [], "KeyRing: a key's version is a positive number, '-1' is not." },
            { 1, "1", Key2, [], "KeyRing: key 9 is the same as another version's." },
        };

    [Theory]
    [Trait("security", "34")]
    [MemberData(nameof(BadRings))]
    public void ABadRingIsRefusedWithoutRepeatingItsKey(
        int current,
        string version,
        string key,
        int[] retired,
        string message
    )
    {
        var keys = new Dictionary<string, string> { [version] = key };
        if (message.Contains("same", StringComparison.Ordinal))
        {
            keys["9"] = key;
        }

        var (ring, mistakes) = KeyRing.Read(
            new()
            {
                Current = current,
                Keys = keys,
                Retired = retired,
            }
        );

        Assert.Null(ring);
        Assert.Equal([message], mistakes);
    }
}
