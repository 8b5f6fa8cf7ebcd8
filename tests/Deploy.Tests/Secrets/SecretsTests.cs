using System.Security.Cryptography;
using Partner.Deploy.Tests.Rules;
using Partner.Deploy.Tests.Tools;
using Partner.Testing;

namespace Partner.Deploy.Tests.Secrets;

/// <summary>Every Secret comes from make-secrets.sh, or from a store by the ExternalSecrets; none stands in a file here.</summary>
public class SecretsTests
{
    private static readonly byte[] Text = [1, 2, 3];

    [Fact]
    public async Task TheScriptMakesWhatIsReferredToAndNothingElse() =>
        Assert.Equal(
            ReferenceRules.KeysReferred(await Overlays.DevAsync()).Order(StringComparer.Ordinal),
            (await MadeSecrets.KeysAsync()).Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task TheExternalSecretsAreTheSame() =>
        Assert.Equal(
            (await MadeSecrets.KeysAsync()).Order(StringComparer.Ordinal),
            ReferenceRules.KeysOfSecrets(await Overlays.EverythingAsync()).Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task KubectlMakesSecretsOfTheFolder()
    {
        var made = Manifest.Parse(await Checks.KustomizeAsync(await MadeSecrets.FolderAsync()));
        Assert.All(
            made.Objects,
            o => Assert.Equal(("Secret", "datadog-aspire"), (o.Kind(), o["metadata"]!.Name("namespace")))
        );
        Assert.Equal(
            (await MadeSecrets.KeysAsync()).Order(StringComparer.Ordinal),
            ReferenceRules.KeysOfSecrets(made).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task TheKeysOfAServiceAreAPair()
    {
        var values = await MadeSecrets.ValuesAsync();
        var publicKeys = values.Where(v => v.Key.StartsWith("service-public-keys/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(publicKeys);
        foreach (var (key, publicKey) in publicKeys)
        {
            var service = key.Split('/')[1][..^"-public-key".Length];
            using var signing = ECDsa.Create();
            signing.ImportPkcs8PrivateKey(Convert.FromBase64String(values[$"{service}/{service}-private-key"]), out _);
            using var verifying = ECDsa.Create();
            verifying.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            var signature = signing.SignData(Text, HashAlgorithmName.SHA256);
            Assert.True(verifying.VerifyData(Text, signature, HashAlgorithmName.SHA256), service);
            Assert.Equal(256, verifying.KeySize);
        }

        Assert.Equal(values.Count, values.Values.Distinct().Count());
    }

    [Fact]
    public async Task OnlyItsOwnerReadsTheFolder()
    {
        var (_, open, _) = await Command.TryAsync("find", await MadeSecrets.FolderAsync(), "-perm", "/077");
        Assert.Equal("", open);
        var (_, all, _) = await Command.TryAsync("find", await MadeSecrets.FolderAsync(), "-perm", "/700");
        Assert.Contains("/vault.env\n", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingIsMadeTwiceAndNoClientIsMadeUpUnasked()
    {
        var (again, _, there) = await MadeSecrets.RunAsync("--development", await MadeSecrets.FolderAsync());
        Assert.Equal(1, again);
        Assert.Contains("is there already", there, StringComparison.Ordinal);

        var folder = MadeSecrets.NewFolder();
        var (unasked, _, set) = await MadeSecrets.RunAsync(folder);
        Assert.Equal(1, unasked);
        Assert.Contains("Set DATADOG_CLIENT_ID and DATADOG_CLIENT_SECRET", set, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task NoOverlayButThatOfDevelopmentHasASecret()
    {
        Assert.Empty((await Overlays.EverythingAsync()).Of("Secret"));
        var (_, tracked, _) = await Command.TryAsync("git", "-C", Repository.Root, "ls-files", "deploy");
        Assert.NotEmpty(tracked);
        Assert.DoesNotContain("/secrets/", tracked, StringComparison.Ordinal);
        var (ignored, _, _) = await Command.TryAsync(
            "git",
            "-C",
            Repository.Root,
            "check-ignore",
            "deploy/kubernetes/overlays/dev/secrets/auth.env"
        );
        Assert.Equal(0, ignored);
    }
}
