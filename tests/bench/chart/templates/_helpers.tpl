{{- define "mysql.name" -}}
{{- default .Release.Name .Values.fullname | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "mysql.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "mysql.labels" -}}
{{ include "mysql.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "mysql.metadata" -}}
name: {{ include "mysql.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "mysql.labels" . | nindent 2 }}
{{- end -}}
