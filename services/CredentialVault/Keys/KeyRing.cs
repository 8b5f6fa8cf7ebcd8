using System.Text.Json;

namespace Partner.CredentialVault.Keys;

/// <summary>A key ring as it was read; another reading makes another one.</summary>
internal sealed class KeyRing
{
    private readonly Dictionary<int, byte[]> _keys;
    private readonly HashSet<int> _retired;

    private KeyRing(int current, Dictionary<int, byte[]> keys, HashSet<int> retired) =>
        (Current, _keys, _retired) = (current, keys, retired);

    public int Current { get; }

    public IReadOnlyList<int> Usable => [.. _keys.Keys.Where(version => !IsRetired(version)).Order()];

    public bool IsRetired(int version) => _retired.Contains(version);

    public byte[]? Find(int version) => IsRetired(version) ? null : _keys.GetValueOrDefault(version);

    public bool IsSameAs(KeyRing other) =>
        Current == other.Current
        && _retired.SetEquals(other._retired)
        && _keys.Count == other._keys.Count
        && _keys.All(pair => other._keys.TryGetValue(pair.Key, out var key) && key.AsSpan().SequenceEqual(pair.Value));

    public override string ToString() =>
        $"current {Current}, usable {string.Join(' ', Usable)}, retired {string.Join(' ', _retired.Order())}";

    /// <summary>The ring, or its mistakes. No message repeats a key.</summary>
    public static (KeyRing? Ring, IReadOnlyList<string> Mistakes) Read(KeyRingOptions options)
    {
        if (options.Path is null)
        {
            return Check(options, "KeyRing");
        }

        if (options.Keys.Count > 0)
        {
            return (null, ["KeyRing: set either KeyRing__Path or KeyRing__Keys, not both."]);
        }

        try
        {
            var file = JsonSerializer.Deserialize<KeyRingOptions>(File.ReadAllBytes(options.Path)) ?? new();
            return Check(file, "KeyRing file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The exception's own text may quote the file.
            return (null, [$"KeyRing: the file that KeyRing__Path names cannot be read ({e.GetType().Name})."]);
        }
    }

    private static (KeyRing? Ring, IReadOnlyList<string> Mistakes) Check(KeyRingOptions options, string source)
    {
        if (options.Keys.Count == 0)
        {
            return (
                null,
                [
                    $"{source}: there is no key. Set KeyRing__Current=1 and KeyRing__Keys__1 to 256 random bits "
                        + "in base64 (openssl rand -base64 32), or KeyRing__Path to a JSON file of the same shape. "
                        + "The vault does not start without: it keeps nothing in plaintext.",
                ]
            );
        }

        var mistakes = new List<string>();
        var keys = new Dictionary<int, byte[]>();
        foreach (var (name, value) in options.Keys)
        {
            if (!int.TryParse(name, out var version) || version <= 0)
            {
                mistakes.Add($"{source}: a key's version is a positive number, '{name}' is not.");
            }
            else if (Decode(value) is not { } key)
            {
                mistakes.Add($"{source}: key {version} is not 256 bits in base64, or no random ones.");
            }
            else if (keys.Values.Any(other => other.AsSpan().SequenceEqual(key)))
            {
                mistakes.Add($"{source}: key {version} is the same as another version's.");
            }
            else
            {
                keys[version] = key;
            }
        }

        if (mistakes.Count == 0 && (!keys.ContainsKey(options.Current) || options.Retired.Contains(options.Current)))
        {
            mistakes.Add($"{source}: Current is {options.Current}, which is not a usable version.");
        }

        return mistakes.Count == 0 ? (new KeyRing(options.Current, keys, [.. options.Retired]), []) : (null, mistakes);
    }

    private static byte[]? Decode(string base64)
    {
        var key = new byte[Envelope.KeyBytes];
        return
            Convert.TryFromBase64String(base64, key, out var length)
            && length == Envelope.KeyBytes
            && key.Distinct().Skip(1).Any()
            ? key
            : null;
    }
}
