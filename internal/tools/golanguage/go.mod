module iac/internal/tools/golanguage

go 1.26.1

require go.yaml.in/yaml/v3 v3.0.6
