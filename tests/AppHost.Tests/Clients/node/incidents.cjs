const { client, v2 } = require('@datadog/datadog-api-client');
const { GATEWAY, KEY, MARK } = process.env;

const configuration = client.createConfiguration({
  authMethods: { apiKeyAuth: KEY },
  baseServer: new client.BaseServerConfiguration(GATEWAY.replace(/\/$/, ''), {}),
});
for (const operation of [
  'createIncident', 'createIncidentImpact', 'deleteIncident', 'getIncident', 'listIncidentImpacts', 'listIncidents',
  'searchIncidents', 'updateIncident',
]) {
  configuration.unstableOperations[`v2.${operation}`] = true;
}

const api = new v2.IncidentsApi(configuration);
const shown = ({ id, attributes }) => ({ id, title: attributes.title, scope: attributes.customerImpactScope });
const walked = async (items) => {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
};
const refused = (call) => call.then(() => 'done', (error) => ({ code: error.code, errors: error.body?.errors ?? error.message }));

(async () => {
  const made = [];
  for (const number of [1, 2, 3]) {
    const { data } = await api.createIncident({
      body: { data: { type: 'incidents', attributes: { title: `${MARK} ${number}`, customerImpacted: false } } },
    });
    made.push(shown(data));
  }

  const incidentId = made[1].id;
  await api.createIncidentImpact({
    incidentId,
    body: { data: { type: 'incident_impacts', attributes: { description: `${MARK} impact`, startAt: new Date(0) } } },
  });
  const updated = await api.updateIncident({
    incidentId,
    body: {
      data: { type: 'incidents', id: incidentId, attributes: { customerImpacted: true, customerImpactScope: 'all of it' } },
    },
  });
  console.log(JSON.stringify({
    made,
    updated: shown(updated.data),
    got: shown((await api.getIncident({ incidentId })).data),
    impacts: (await api.listIncidentImpacts({ incidentId })).data.map((impact) => impact.attributes.description),
    listed: (await walked(api.listIncidentsWithPagination({ pageSize: 2 }))).map(shown),
    second: (await api.listIncidents({ pageSize: 1, pageOffset: 1 })).data.map(shown),
    found: (await walked(api.searchIncidentsWithPagination({ query: `title:"${MARK}"`, pageSize: 2 }))).map((f) => shown(f.data)),
    one: (await api.searchIncidents({ query: `title:"${MARK} 3"` })).data.attributes.incidents.map((f) => shown(f.data)),
    unknown: await refused(api.getIncident({ incidentId: '00000000-0000-7000-8000-000000000000' })),
    deleted: await refused(api.deleteIncident({ incidentId })),
  }));
})();
