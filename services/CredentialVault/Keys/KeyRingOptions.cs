using Microsoft.Extensions.Options;

namespace Partner.CredentialVault.Keys;

/// <summary>The key encryption keys: here, or in a JSON file of the same shape.</summary>
internal sealed class KeyRingOptions
{
    public const string SectionName = "KeyRing";

    /// <summary>JSON file with <c>Current</c>, <c>Keys</c> and <c>Retired</c>; it is read again when it changes.</summary>
    public string? Path { get; init; }

    /// <summary>The version that wraps from now on. Versions only ever go up.</summary>
    public int Current { get; init; }

    /// <summary>Version to 256 bits, base64.</summary>
    public Dictionary<string, string> Keys { get; init; } = [];

    /// <summary>Versions that nothing may use any more, whether or not their key is still there.</summary>
    public int[] Retired { get; init; } = [];
}

/// <summary>Without a key ring the vault does not start: there is no plaintext mode (security 34).</summary>
internal sealed class KeyRingValidator : IValidateOptions<KeyRingOptions>
{
    public ValidateOptionsResult Validate(string? name, KeyRingOptions options) =>
        KeyRing.Read(options) is { Mistakes: { Count: > 0 } mistakes }
            ? ValidateOptionsResult.Fail(mistakes)
            : ValidateOptionsResult.Success;
}
