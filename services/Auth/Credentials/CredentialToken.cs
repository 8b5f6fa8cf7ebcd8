namespace Partner.Auth.Credentials;

/// <summary><c>dap_</c>, by which scanners for leaked secrets find it, and 256 random bits.</summary>
internal static class CredentialToken
{
    private const string Mark = "dap_";
    private const int Shown = 4;

    public static string New() => Mark + OpaqueTokens.New();

    /// <summary>The mark and four characters of the secret: all that is ever shown again (security 39).</summary>
    public static string Prefix(string token) => token[..(Mark.Length + Shown)];
}
