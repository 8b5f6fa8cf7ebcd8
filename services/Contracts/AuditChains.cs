namespace Partner.Contracts;

/// <summary>Audit chains in the vault that are of no connection; each has an id that no connection gets.</summary>
public static class AuditChains
{
    /// <summary>What partners do to their endpoints, credentials and tenants; auth writes and shows it.</summary>
    public static readonly ConnectionId Partner = ConnectionId.Parse("con_00000000000000000000000000000001");
}
