namespace Partner.Gateway.PartnerApi;

/// <summary>
/// The credentials that are there from the start, by name: with one of them the partner makes the others by the API.
/// </summary>
internal sealed class PartnerCredentialsOptions : Dictionary<string, PartnerCredentialOptions>
{
    public const string SectionName = "PartnerCredentials";
    private const int MinTokenLength = 32;

    public bool IsValid() =>
        Count > 0 && Values.All(c => c.Token.Length >= MinTokenLength && PartnerRoles.All.Contains(c.Role));
}

internal sealed class PartnerCredentialOptions
{
    public string Token { get; init; } = "";

    /// <summary><c>read</c> or <c>manage</c>.</summary>
    public string Role { get; init; } = "";
}
