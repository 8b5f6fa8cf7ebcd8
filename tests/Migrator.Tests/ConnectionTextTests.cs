using Npgsql;
using Partner.Storage;

namespace Partner.Migrator.Tests;

public class ConnectionTextTests
{
    [Theory]
    [InlineData("Host=db.example;Password=x", GssEncryptionMode.Disable)]
    [InlineData("Host=db.example;Password=x;GSS Encryption Mode=Require", GssEncryptionMode.Require)]
    [InlineData("GssEncryptionMode=Prefer;Host=db.example;Password=x", GssEncryptionMode.Prefer)]
    public void KerberosIsLookedForWhereItIsAskedFor(string given, GssEncryptionMode mode)
    {
        var used = new NpgsqlConnectionStringBuilder(ConnectionText.Complete(given));
        Assert.Equal((mode, "db.example", "x"), (used.GssEncryptionMode, used.Host, used.Password));
    }
}
