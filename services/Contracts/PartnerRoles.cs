namespace Partner.Contracts;

/// <summary>The roles of the partner's credentials, and what each may do.</summary>
public static class PartnerRoles
{
    public const string Read = "read";
    public const string Manage = "manage";

    public static readonly IReadOnlyList<string> All = [Read, Manage];

    /// <param name="reads">The call changes nothing.</param>
    public static bool Allows(string? role, bool reads) =>
        role switch
        {
            Manage => true,
            Read => reads,
            _ => false,
        };
}
