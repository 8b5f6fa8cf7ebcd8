namespace Partner.Storage;

/// <summary>What every service adds to the connection string that it is given.</summary>
public static class ConnectionText
{
    /// <summary>
    /// Without a look for Kerberos, for which Npgsql loads a library that no image has and says so at each start; roles
    /// have passwords. It stands first, and Npgsql takes the last of two: who asks for Kerberos gets it.
    /// </summary>
    public static string Complete(string? connectionString) => $"GSS Encryption Mode=Disable;{connectionString}";
}
