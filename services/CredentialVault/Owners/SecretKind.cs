namespace Partner.CredentialVault.Owners;

/// <summary>
/// A kind of secret in the vault: its name in the database and in the path, its kind of owner, how many versions stay.
/// </summary>
internal sealed record SecretKind(string Name, OwnerKind OwnerKind, int Kept)
{
    public static readonly SecretKind ApiKey = new("api-key", OwnerKind.Org, 1);

    // The version before stays, so that a late answer to the refresh before can be judged.
    public static readonly SecretKind RefreshToken = new("refresh-token", OwnerKind.Connection, 2);

    /// <summary>Where a ciphertext of this kind stands (security 31).</summary>
    public string Place(OwnerId owner, long version, string? keyId, string? site = null) =>
        site is null
            ? $"secret|{owner}|{Name}|{version}|{keyId}"
            : $"secret-of|{site}|{owner}|{Name}|{version}|{keyId}";
}
