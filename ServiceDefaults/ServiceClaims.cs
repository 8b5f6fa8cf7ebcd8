namespace Partner.ServiceDefaults;

/// <summary>The claims of a service token beside its caller and its callee. All optional.</summary>
/// <param name="Connection">The one connection that the call is about.</param>
/// <param name="Strict">The ingest key refuses a request whole for one bad item.</param>
/// <param name="Actor">Name of the partner credential behind a call of the partner API.</param>
/// <param name="Role">Role of that credential: <c>read</c> or <c>manage</c>.</param>
/// <param name="Only">The one permission of the caller's that this call may use; null: all of them.</param>
public sealed record ServiceClaims(
    string? Connection = null,
    bool Strict = false,
    string? Actor = null,
    string? Role = null,
    string? Only = null
)
{
    public static readonly ServiceClaims None = new();
}

/// <summary>The caller, as the verified token says.</summary>
/// <param name="Service">The calling service.</param>
public sealed record ServiceCaller(string Service, ServiceClaims Claims);
