namespace Partner.Sandbox.Traffic;

/// <summary>
/// Marks an endpoint that takes data, as against those that manage: a hold stops the first kind alone.
/// </summary>
internal sealed class IntakeEndpoint;
