using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>
/// An audit chain of the vault: that of a connection, with the connection's id as its text, or one of the two that are
/// of no connection and whose ids no connection gets.
/// </summary>
[JsonConverter(typeof(PrefixedIdConverter<AuditChainId>))]
public readonly record struct AuditChainId : IPrefixedId<AuditChainId>
{
    /// <summary>The vault's own: events that concern no connection, or all of them.</summary>
    public static readonly AuditChainId Vault = Parse("con_00000000000000000000000000000000");

    /// <summary>Partners' actions on their endpoints, credentials and tenants; auth writes and shows them.</summary>
    public static readonly AuditChainId Partner = Parse("con_00000000000000000000000000000001");

    private AuditChainId(string text) => Text = text;

    public static string Prefix => ConnectionId.Prefix;

    public string Text { get; }

    public static implicit operator AuditChainId(ConnectionId connection) => new(connection.Text);

    public static AuditChainId Parse(string text, IFormatProvider? provider = null) =>
        PrefixedId.Parse<AuditChainId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out AuditChainId id)
    {
        id = PrefixedId.IsValid(text, Prefix) ? new AuditChainId(text) : default;
        return id != default;
    }

    public override string ToString() => Text;
}
