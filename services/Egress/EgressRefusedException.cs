namespace Partner.Egress;

/// <summary>
/// A request that must not leave. Thrown as such before any connection is made; where it was the answer of DNS that is
/// not allowed, it is the inner exception of an <see cref="HttpRequestException"/>, since that may pass.
/// </summary>
public sealed class EgressRefusedException(string message) : Exception(message);
